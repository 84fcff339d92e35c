//! Programs that are started when something happens to a call.

use std::sync::Arc;

use model::{EventProgram, FieldProblem, Refusal};
use phone::EventPrograms;
use store::check_event_programs;
use tauri::{AppHandle, State};

use crate::consent;

/// Those in force.
#[tauri::command]
pub(crate) fn event_programs(programs: State<'_, EventPrograms>) -> Vec<EventProgram> {
    Arc::unwrap_or_clone(programs.list())
}

/// Puts these in force and no others, once the user has agreed to what is new; the problems when that cannot be.
#[tauri::command]
pub(crate) async fn save_event_programs(
    app: AppHandle,
    known: State<'_, EventPrograms>,
    programs: Vec<EventProgram>,
) -> Result<Vec<FieldProblem>, Refusal> {
    let problems = check_event_programs(&programs);
    if !problems.is_empty() {
        return Ok(problems);
    }
    let new = known.new_ones(&programs);
    if !new.is_empty() && !consent::to_programs(&app, &new).await? {
        return Err(Refusal::NotAllowed);
    }
    match known.save(programs).await {
        Ok(()) => Ok(Vec::new()),
        Err(Refusal::Fields { problems }) => Ok(problems),
        Err(refused) => Err(refused),
    }
}
