// Why something was not done: the phone's codes, as sentences of the catalogue.
import type { FieldFault, FieldProblem, Refusal } from "../bridge/types";
import { say, spokenLanguage } from "../words/words";
import { offlineWords } from "./texts";

/** What is wrong with a field, or what it asks for. */
export function faultWords(fault: FieldFault): string {
  if (fault.code === "none-of") {
    return new Intl.ListFormat(spokenLanguage(), { type: "disjunction" }).format(fault.numbers.map(String));
  }
  const { code, ...values } = fault;
  return say(`problem.${code}`, values);
}

/** The same with the field's dotted name, where the field itself is not seen. */
export const problemWords = ({ field, fault }: FieldProblem) => `${field}: ${faultWords(fault)}`;

/** What a rejected promise holds, as a sentence: what is no refusal of the phone is shown as it is. */
export function refusalWords(thrown: unknown): string {
  if (typeof thrown !== "object" || thrown === null || !("code" in thrown)) return String(thrown);
  const refusal = thrown as Refusal;
  switch (refusal.code) {
    case "offline":
      return offlineWords(refusal.cause);
    case "fields":
      return refusal.problems.map(problemWords).join(" · ");
    default: {
      const { code, ...values } = refusal;
      return say(`refused.${code}`, values);
    }
  }
}
