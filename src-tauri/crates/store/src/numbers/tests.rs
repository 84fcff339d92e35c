use super::*;

fn key(country: &str, text: &str) -> String {
    NumberingPlan::of_country(country).keys(text).map(|keys| keys.first.0).unwrap_or_default()
}

fn same(country: &str, one: &str, other: &str) -> bool {
    let plan = NumberingPlan::of_country(country);
    let all = |text| plan.keys(text).map(|keys| std::iter::once(keys.first).chain(keys.others).collect()).unwrap_or_default();
    let (one, other): (Vec<NumberKey>, Vec<NumberKey>) = (all(one), all(other));
    one.iter().any(|key| other.contains(key))
}

#[test]
fn the_forms_of_a_british_number_are_one_line() {
    for text in [
        "+442079460123",
        "00442079460123",
        "02079460123",
        "020 7946 0123",
        "(020) 7946-0123",
        "+44 (0)20 7946 0123",
        "+44 020 7946 0123",
        "tel:+44-20-7946-0123",
        "tel:+442079460123;ext=7",
        "+44 20 7946 0123 ext. 12",
        "020 7946 0123 x12",
        "sip:+442079460123@pbx.example.com;user=phone",
        "SIP:02079460123@10.0.0.1:5060",
        "sip:%2b442079460123@host",
        "\u{200e}+44\u{a0}20\u{2011}7946\u{2011}0123",
        "\u{ff10}20 7946 0123",
    ] {
        assert_eq!(key("gb", text), "+442079460123", "{text}");
        assert!(same("gb", text, "02079460123"), "{text}");
    }
    // What servers make of it.
    for text in ["442079460123", "2079460123"] {
        assert!(same("gb", text, "+44 20 7946 0123"), "{text}");
    }
    assert!(!same("gb", "02079460124", "+442079460123"));
    assert!(!same("gb", "+332079460123", "+442079460123"));
}

#[test]
fn each_country_dials_in_its_own_way() {
    for (country, dialled, world) in [
        ("us", "1 212 555 0123", "+12125550123"),
        ("us", "(212) 555-0123", "+12125550123"),
        ("us", "011 44 20 7946 0123", "+442079460123"),
        ("us", "00442079460123", "+442079460123"),
        ("ca", "12125550123", "+12125550123"),
        ("de", "030 901820", "+4930901820"),
        ("de", "0049 30 901820", "+4930901820"),
        ("fr", "01 44 71 02 03", "+33144710203"),
        ("it", "06 6982 1234", "+390669821234"),
        ("it", "+39 06 6982 1234", "+390669821234"),
        ("es", "912 345 678", "+34912345678"),
        ("dk", "33 12 34 56", "+4533123456"),
        ("no", "0047 22 12 34 56", "+4722123456"),
        ("ru", "8 (495) 123-45-67", "+74951234567"),
        ("ru", "495 123-45-67", "+74951234567"),
        ("ru", "8 10 44 20 7946 0123", "+442079460123"),
        ("by", "8 029 123-45-67", "+375291234567"),
        ("hu", "06 1 234 5678", "+3612345678"),
        ("au", "0011 44 20 7946 0123", "+442079460123"),
        ("au", "02 9876 5432", "+61298765432"),
        ("jp", "010 44 20 7946 0123", "+442079460123"),
        ("jp", "03-1234-5678", "+81312345678"),
        ("br", "0021 44 20 7946 0123", "+442079460123"),
        ("mx", "55 1234 5678", "+525512345678"),
        ("mx", "01 55 1234 5678", "+525512345678"),
        ("cn", "010 1234 5678", "+861012345678"),
        ("in", "098765 43210", "+919876543210"),
        ("sg", "6123 4567", "+6561234567"),
        ("hk", "001 44 20 7946 0123", "+442079460123"),
        ("ch", "044 668 18 00", "+41446681800"),
        ("GB", "020 7946 0123", "+442079460123"),
    ] {
        assert!(same(country, dialled, world), "{country} {dialled}: {}", key(country, dialled));
    }
    // A local number of seven digits that begins with the trunk digit is not a national one.
    assert_eq!(key("us", "123-4567"), "1234567");
    assert_eq!(key("ru", "812-34-56"), "8123456");
    // A mobile number without its trunk prefix, as networks tell it.
    assert!(same("cn", "13812345678", "+86 138 1234 5678"));
    assert!(same("de", "1512 3456789", "+49 1512 3456789"));
}

#[test]
fn extensions_and_feature_codes_match_only_themselves() {
    assert_eq!(key("gb", "1001"), "1001");
    assert_eq!(key("es", "1001"), "1001");
    assert_eq!(key("gb", "sip:1001@pbx.example.com"), "1001");
    assert!(!same("gb", "1001", "+441001"));
    assert!(!same("gb", "0123", "123"));
    assert_eq!(key("gb", "*80#"), "*80#");
    assert_eq!(key("gb", "*21*02079460123#"), "*21*02079460123#");
    assert!(!same("gb", "112", "0112"));
}

#[test]
fn names_and_addresses_match_as_they_are() {
    assert_eq!(key("gb", "sip:Bob@Example.com"), "bob@example.com");
    assert!(same("gb", "bob@example.com", "sips:bob@example.com:5061;transport=tls"));
    assert!(!same("gb", "bob@example.com", "bob@example.org"));
    assert!(same("gb", "sip:bob@[2001:db8::1]", "bob@[2001:db8::1]"));
    assert_eq!(key("gb", "Bob"), "bob");
    assert_eq!(key("gb", "anonymous"), "anonymous");
    for nothing in ["", "  ", "sip:", "+", "()"] {
        assert_eq!(NumberingPlan::of_country("gb").keys(nothing), None, "{nothing}");
    }
}

#[test]
fn without_a_known_country_only_the_world_form_is_understood() {
    assert_eq!(key("", "02079460123"), "02079460123");
    assert!(same("zz", "00442079460123", "+442079460123"));
    assert!(!same("zz", "02079460123", "+442079460123"));
}

#[test]
fn a_number_is_found_by_every_form_a_person_types() {
    let plan = NumberingPlan::of_country("gb");
    assert_eq!(plan.forms("+44 20 7946 0123"), ["442079460123", "02079460123"]);
    assert_eq!(plan.forms("020 7946 0123"), ["02079460123", "442079460123"]);
    assert_eq!(plan.forms("+1 212 555 0123"), ["12125550123"]);
    assert_eq!(plan.forms("1001"), ["1001"]);
    assert!(plan.forms("sip:bob@example.com").is_empty());
    assert_eq!(digits_of("020 79"), Some("02079".into()));
    assert_eq!(digits_of("ann 7"), None);
}

#[test]
fn nothing_a_far_end_calls_itself_is_too_odd() {
    for country in ["gb", "us", "ru", "it", ""] {
        let plan = NumberingPlan::of_country(country);
        for text in
            ["%", "%%%4", "%ff%fe", "x", "ext", "+x1234567", "😀@😀", "0", "00", "000000000", "+0", "@", "a@", ";", "1;2@3"]
        {
            let _keys = plan.keys(text);
            let _forms = plan.forms(text);
        }
        assert_eq!(key(country, &"9".repeat(300)), "9".repeat(300));
    }
}
