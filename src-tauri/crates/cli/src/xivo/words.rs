//! What a XiVO says, as it is printed.

use model::{Direction, ForwardWhen};
use providers::xivo::{
    Visit, VisitError,
    cti::{ContactSheet, CtiMessage, DirectoryResult, FavoriteChange, HistoryItem, PhoneEvent, UserConfig},
    ice_config::{IceEntry, Masked, ice_urls},
};
use serde_json::{Value, json};

use super::ANSWERS_WITHIN;
use crate::print::Printer;

/// Who the user is comes by itself after signing in.
pub(super) async fn user(visit: &mut Visit<'_>, printer: Printer) -> Result<(), VisitError> {
    let is_user = |message: &CtiMessage| matches!(message, CtiMessage::UserConfig(_)).then(|| message.clone());
    let told = visit.hear(ANSWERS_WITHIN, is_user).await?;
    print(&told, printer);
    Ok(())
}

/// What he may say he is doing, too.
pub(super) async fn statuses(visit: &mut Visit<'_>, printer: Printer) -> Result<(), VisitError> {
    let are_statuses = |message: &CtiMessage| matches!(message, CtiMessage::UsersStatuses(_)).then(|| message.clone());
    let told = visit.hear(ANSWERS_WITHIN, are_statuses).await?;
    print(&told, printer);
    Ok(())
}

/// Prints an answer: as objects, one a line, or as text.
pub(super) fn print(answer: &CtiMessage, printer: Printer) {
    print_rows(&rows(answer), printer);
}

/// Prints objects, one a line, or their texts.
pub(super) fn print_rows(rows: &[(Value, String)], printer: Printer) {
    for (value, text) in rows {
        match printer {
            Printer::Json => printer.value(value),
            Printer::People => printer.line(text),
        }
    }
    if rows.is_empty() {
        printer.line("nothing");
    }
}

fn rows(answer: &CtiMessage) -> Vec<(Value, String)> {
    match answer {
        CtiMessage::LineConfig(line) => {
            let (media_server, name) = (&line.sip_proxy_name, line.name.expose());
            let value = json!({
                "id": line.id, "name": name, "number": line.number.expose(),
                "sipProxyName": media_server, "hasDevice": line.has_device, "webRtc": line.web_rtc,
                "isUa": line.is_unique_account
            });
            let whose = if line.has_device { "a desk phone's" } else { "this phone's" };
            vec![(value, format!("line {} of {name}, {whose}", line.id))]
        }
        CtiMessage::IceConfig(config) => ice_rows(&config.entries, Masked::Yes),
        CtiMessage::UserConfig(user) => vec![user_row(user)],
        CtiMessage::History(items) => items.iter().map(history_row).collect(),
        CtiMessage::Directory(found) | CtiMessage::Favorites(found) => people(found),
        CtiMessage::ContactSheets(sheets) | CtiMessage::FavoriteSheets(sheets) => sheets.iter().map(sheet_row).collect(),
        CtiMessage::FavoriteUpdated(update) => {
            let what = match update.change {
                FavoriteChange::Added => "added",
                FavoriteChange::Removed => "removed",
                FavoriteChange::Failed => "failed",
            };
            vec![(json!({"action": what, "contact": update.contact_id}), format!("{}: {what}", update.contact_id))]
        }
        CtiMessage::Rooms(rooms) => rooms
            .iter()
            .map(|room| {
                let (number, name) = (room.number.expose(), room.name.expose());
                let value =
                    json!({"number": number, "name": name, "pinRequired": room.pin_required, "members": room.members.len()});
                (value, format!("{number:<8} {name}, {} in it", room.members.len()))
            })
            .collect(),
        CtiMessage::UsersStatuses(statuses) => statuses
            .iter()
            .map(|status| {
                (json!({"name": status.name, "longName": status.long_name}), format!("{:<16} {}", status.name, status.long_name))
            })
            .collect(),
        CtiMessage::UserStatus(status) => vec![(json!({"status": status}), status.clone())],
        CtiMessage::CurrentCalls(calls) => calls.iter().map(call_row).collect(),
        CtiMessage::Plain { body, .. } => {
            let value = serde_json::from_str(body.expose()).unwrap_or_else(|_| json!(body.expose()));
            vec![(value, body.expose().to_owned())]
        }
        _ => Vec::new(),
    }
}

/// The entries of a list of servers, as XiVO's own library gives them.
pub(super) fn ice_rows(entries: &[IceEntry], masked: Masked) -> Vec<(Value, String)> {
    match ice_urls(entries, masked) {
        Value::Array(entries) => entries.into_iter().map(|entry| (entry.clone(), entry.to_string())).collect(),
        _ => Vec::new(),
    }
}

fn user_row(user: &UserConfig) -> (Value, String) {
    let name = user.full_name.as_ref().map_or("", |name| name.expose());
    let forward =
        |when: ForwardWhen| user.forward(when).map(|forward| json!({"on": forward.enabled, "to": forward.destination.expose()}));
    let value = json!({
        "name": name, "dnd": user.dnd, "noAnswer": forward(ForwardWhen::NoAnswer), "always": forward(ForwardWhen::Always),
        "busy": forward(ForwardWhen::Busy)
    });
    let mut words: Vec<String> = Vec::new();
    words.extend((!name.is_empty()).then(|| name.to_owned()));
    words.extend(user.dnd.map(|dnd| format!("do not disturb {}", if dnd { "on" } else { "off" })));
    for (when, which) in [(ForwardWhen::NoAnswer, "unanswered"), (ForwardWhen::Always, "all"), (ForwardWhen::Busy, "busy")] {
        let Some(forward) = user.forward(when) else { continue };
        words.push(match forward.enabled {
            true => format!("{which} calls to {}", forward.destination.expose()),
            false => format!("{which} calls not forwarded"),
        });
    }
    (value, words.join(", "))
}

fn history_row(item: &HistoryItem) -> (Value, String) {
    let status = format!("{:?}", item.status).to_lowercase();
    let (number, name) = (item.number.expose(), item.name.expose());
    let value = json!({"start": item.start, "duration": item.duration, "status": status, "number": number, "name": name});
    (value, format!("{} {status:<9} {number:<16} {name}", item.start))
}

fn people(found: &DirectoryResult) -> Vec<(Value, String)> {
    let row = |entry: &providers::xivo::cti::DirectoryEntry| {
        let columns: Vec<&str> = entry.columns.iter().map(|column| column.expose()).collect();
        let named: serde_json::Map<String, Value> =
            found.headers.iter().zip(&columns).map(|(header, column)| (header.clone(), json!(column))).collect();
        let status = entry.status.map(|status| format!("{status:?}").to_lowercase());
        let value = json!({
            "id": entry.contact_id, "source": entry.source, "favorite": entry.favorite, "phone": status, "columns": named
        });
        (value, format!("{:<6} {}", entry.contact_id, columns.join("  ")))
    };
    found.entries.iter().map(row).collect()
}

fn sheet_row(sheet: &ContactSheet) -> (Value, String) {
    let numbers = sheet.actions.iter().filter(|action| action.action == "Call").flat_map(|action| &action.args);
    let numbers: Vec<&str> = numbers.map(|number| number.expose()).collect();
    let value = json!({"name": sheet.name.expose(), "numbers": numbers, "favorite": sheet.favorite});
    (value, format!("{}  {}", sheet.name.expose(), numbers.join("  ")))
}

fn call_row(call: &PhoneEvent) -> (Value, String) {
    let step = format!("{:?}", call.kind).to_lowercase();
    let (number, name) = (call.other_dn.expose(), call.other_name.expose());
    let direction = match call.direction {
        Some(Direction::Incoming) => "from",
        Some(Direction::Outgoing) | None => "to",
    };
    let sip_call_id = call.sip_call_id.as_ref().map(|id| id.expose());
    let value = json!({"uniqueId": call.unique_id, "state": step, "number": number, "name": name, "sipCallId": sip_call_id});
    (value, format!("{:<18} {step} {direction} {number} {name}", call.unique_id))
}
