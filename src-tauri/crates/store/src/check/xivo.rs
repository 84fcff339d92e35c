//! Accounts at a XiVO.

use model::{FieldFault, XivoAccount};

use super::{Complaints, check_ice, check_pin, check_proxy, is_host, is_this_machine, split_url};

pub(super) fn check(prefix: &str, account: &XivoAccount, found: &mut Complaints) {
    let field = |name: &str| format!("{prefix}.{name}");
    // Without a scheme it is by TLS.
    let server = if account.server.contains("://") { account.server.clone() } else { format!("https://{}", account.server) };
    match split_url(&server, &["https", "http"]) {
        None => found.add(&field("server"), FieldFault::NotAnAddress { like: "https://host:port".into() }),
        Some(("http", host)) if !is_this_machine(host) && !account.allow_plain => {
            found.add(&field("server"), FieldFault::NotEncrypted { scheme: "http".into(), allowed_by: "allow_plain".into() });
        }
        Some(_) => {}
    }
    if account.login.is_empty() {
        found.add(&field("login"), FieldFault::Missing);
    }
    for (name, text) in [
        ("login", account.login.expose()),
        ("display_name", account.display_name.expose()),
        ("software_type", account.software_type.as_str()),
        ("application_type", account.application_type.as_str()),
    ] {
        found.one_line(&field(name), text);
    }
    if !account.sip_host.is_empty() && !is_host(&account.sip_host) {
        found.add(&field("sip_host"), FieldFault::NotAHost);
    }
    check_pin(prefix, &account.pin, found);
    found.target(&field("voicemail_number"), &account.voicemail_number);
    check_proxy(prefix, account.proxy.expose(), found);
    if let Some(servers) = &account.ice_servers {
        check_ice(prefix, servers, account.ice_policy, found);
    }
}

#[cfg(test)]
mod tests {
    use model::{Account, AccountId, Provider};

    use crate::check_account;

    use super::*;

    fn complaints(change: impl FnOnce(&mut XivoAccount)) -> Vec<String> {
        let mut xivo = XivoAccount::at_server("https://xivo.example.org".into(), "alice");
        change(&mut xivo);
        let account = Account { id: AccountId("office".into()), enabled: true, provider: Provider::Xivo(xivo) };
        check_account(&account).into_iter().map(|invalid| invalid.field).collect()
    }

    #[test]
    fn an_account_as_usual_is_fine() {
        for server in ["https://xivo.example.org:8443", "xivo.example.org", "http://127.0.0.1:8090", "https://[2001:db8::1]"] {
            assert_eq!(complaints(|xivo| xivo.server = server.into()), Vec::<String>::new(), "{server}");
        }
        assert!(complaints(|xivo| (xivo.server, xivo.allow_plain) = ("http://xivo".into(), true)).is_empty());
    }

    #[test]
    fn each_complaint_names_its_field() {
        type Change = fn(&mut XivoAccount);
        let changes: [(&str, Change); 9] = [
            ("server", |xivo| xivo.server = "wss://xivo".into()),
            ("server", |xivo| xivo.server = String::new()),
            ("server", |xivo| xivo.server = "http://xivo.example.org".into()),
            ("login", |xivo| xivo.login = "".into()),
            ("login", |xivo| xivo.login = "a\nb".into()),
            ("software_type", |xivo| xivo.software_type = "a\nb".into()),
            ("sip_host", |xivo| xivo.sip_host = "a b".into()),
            ("voicemail_number", |xivo| xivo.voicemail_number = "a b c@".into()),
            ("proxy", |xivo| xivo.proxy = "ftp://x".into()),
        ];
        for (field, change) in changes {
            assert_eq!(complaints(change), [format!("accounts.office.{field}")]);
        }
    }
}
