import type { FieldProblem } from "../../bridge/types";
import { type Key, say, spokenLanguage } from "../../words/words";

/** What fields ask for, by their dotted names. */
const ASKED: readonly (readonly [RegExp, Key])[] = [
  [/^accounts\.[^.]+\.id$/, "problem.id"],
  [/\.pin$/, "problem.pin"],
  [/\.cloud_id$/, "problem.cloud-id"],
  [/\.access_key$/, "problem.access-key"],
  [/\.(?:client_id|caller_id|other_ids|service)$/, "problem.plain-name"],
  [/\.max_concurrent$/, "problem.limit"],
  [/\.lifetime_s$/, "problem.lifetime"],
  [/\.callable$/, "problem.callable"],
  [/\.(?:token_source\.url|web_services)$/, "problem.web-address"],
  [/\.token_source\.user$/, "problem.cloud-user"],
  [/\.server$/, "problem.server"],
  [/\.domain$/, "problem.domain"],
  [/\.user$/, "problem.user"],
  [/\.(?:display_name|auth_user|realm)$/, "problem.text"],
  [/\.proxy$/, "problem.proxy"],
  [/\.expires_s$/, "problem.expires"],
  [/\.ice_servers\.\d+\.username$/, "problem.turn-user"],
  [/\.ice_policy$/, "problem.no-relay"],
  [/^calls\.codecs$/, "problem.codecs"],
  [/^calls\.limit$/, "problem.limit"],
  [/^calls\.(?:ring_for_s|forward\.no_answer_s)$/, "problem.hour"],
  [/\.(?:voicemail_number|park_number|pickup_code)$/, "problem.target"],
  [/^calls\.forward\./, "problem.target"],
  [/^calls\.(?:recordings_folder|ringtone)/, "problem.path"],
  [/^(?:calls\.tones|country)$/, "problem.country"],
  [/^shortcuts\./, "problem.shortcut"],
];

/** A problem in words. The phone says what exactly is wrong, in English; other languages say what the field asks for. */
export function problemWords({ field, words }: FieldProblem): string {
  const asked = spokenLanguage() === "en" ? undefined : ASKED.find(([names]) => names.test(field))?.[1];
  return asked ? say(asked) : words;
}

/** What is wrong with one of the fields; undefined where it is fine. */
export function wordsOf(problems: readonly FieldProblem[], name: string): string | undefined {
  const found = problems.find(({ field }) => field === name);
  return found && problemWords(found);
}
