// Why something was not done: the phone's codes, as sentences of the catalogue.
import type { FieldFault, FieldProblem, Refusal } from "../bridge/types";
import { about, continued, isolated, quoted, say, spokenLanguage } from "../words/words";
import { offlineWords } from "./texts";
import { fileWords } from "./troubles";

/** What is wrong with a field, or what it asks for. */
export function faultWords(fault: FieldFault): string {
  if (fault.code === "none-of") {
    return new Intl.ListFormat(spokenLanguage(), { type: "disjunction" }).format(fault.numbers.map(String));
  }
  if (fault.code === "rules-damaged") {
    return say("problem.rules-damaged", { why: about(isolated(fault.file), fileWords(fault.fault)) });
  }
  const { code, ...values } = fault;
  return say(`problem.${code}`, values);
}

/** The same with the field's dotted name, where the field itself is not seen. */
export const problemWords = ({ field, fault }: FieldProblem) => about(isolated(field), faultWords(fault));

/** What a rejected promise holds, as a sentence: what is no refusal of the phone is shown as it is. */
export function refusalWords(thrown: unknown): string {
  if (typeof thrown !== "object" || thrown === null || !("code" in thrown)) return String(thrown);
  const refusal = thrown as Refusal;
  switch (refusal.code) {
    case "offline":
      return offlineWords(refusal.cause);
    case "fields":
      return refusal.problems.map(problemWords).join(" · ");
    case "file-unread":
      return say("refused.file-unread", { why: continued(fileWords(refusal.fault)) });
    case "offer-damaged":
      return say("refused.offer-damaged", { url: isolated(refusal.url), why: continued(fileWords(refusal.fault)) });
    case "cloud-refused":
      return say("refused.cloud-refused", { status: refusal.status, text: quoted(refusal.text) });
    default: {
      const { code, ...values } = refusal;
      return say(`refused.${code}`, "detail" in values ? { detail: quoted(values.detail) } : values);
    }
  }
}
