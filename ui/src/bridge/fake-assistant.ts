// The assistant of a made-up account at a XiVO: it answers as a server would.
import type { FakePhone } from "./fake";
import type {
  AccountId,
  AssistantCall,
  AssistantChanges,
  AssistantMeeting,
  AssistantParticipant,
  AssistantPerson,
  AssistantRequest,
  AssistantRoom,
  AssistantState,
  AssistantView,
  PhoneState,
  RoomAct,
} from "./types";

export function someAssistant(account: AccountId, part: Partial<AssistantState> = {}): AssistantView {
  return {
    account,
    state: {
      online: true,
      name: "Alice Reed",
      do_not_disturb: false,
      forwards: [
        { when: "always", on: false, number: "" },
        { when: "busy", on: false, number: "" },
        { when: "no-answer", on: true, number: "+33601020304" },
      ],
      status: "available",
      statuses: [
        { name: "available", title: "Disponible", colour: "#2fa84f" },
        { name: "away", title: "Parti(e)", colour: "#d98200" },
        { name: "outtolunch", title: "Déjeuner", colour: "#2453c9" },
        { name: "berightback", title: "De retour bientôt", colour: "" },
        { name: "disconnected", title: "Déconnecté(e)", colour: "#59606e" },
      ],
      device: null,
      stack: "Started",
      ice_servers: [
        { urls: ["stun:edge.example.org:3478"], username: "" },
        { urls: ["turn:edge.example.org:3478", "turns:edge.example.org:3478"], username: "1767225600" },
      ],
      voicemail_box: true,
      history: { list: "known" },
      directory: { list: "unasked" },
      term: "",
      favourites: { list: "known" },
      rooms: { list: "known" },
      ...part,
    },
    changes: { history: 0, directory: 0, favourites: 0, rooms: 0, meetings: 0 },
  };
}

function person(contact: string, name: string, phone: PhoneState | null, part: Partial<AssistantPerson> = {}) {
  const number = String(1000 + Number(contact));
  return {
    id: { contact, source: "internal" },
    name,
    detail: "",
    numbers: [{ title: "Numéro", number }],
    phone,
    favourite: false,
    ...part,
  } satisfies AssistantPerson;
}

/** Everybody whom the server knows. */
export function somePeople(): AssistantPerson[] {
  return [
    person("2", "Bob Stone", "free", {
      detail: "Sales, Lyon",
      favourite: true,
      numbers: [
        { title: "Numéro", number: "1002" },
        { title: "Mobile", number: "0600000001" },
      ],
    }),
    person("3", "Chloé Moreau-Desrosiers", "busy", { favourite: true }),
    person("4", "Dieter Oberndorfer", "ringing"),
    person("5", "Élodie Marchand", "busy-and-ringing", { detail: "Support" }),
    person("6", "Farid Benali", "on-hold"),
    person("7", "Gwenaëlle Le Goff", "calling"),
    person("8", "Hotline", "unreachable", { id: null }),
    person("9", "Oskar Outside", null, {
      id: { contact: "9", source: "xivodir" },
      detail: "Wintergarten & Söhne GmbH, Abteilung Öffentlichkeitsarbeit",
      numbers: [{ title: "", number: "+4930123456789" }],
    }),
  ];
}

export function someRooms(): AssistantRoom[] {
  const started_s = Math.floor(Date.now() / 1000) - 1200;
  const member = (name: string, number: string, muted = false) => ({ name, number, muted, joined_s: started_s });
  return [
    {
      number: "4010",
      name: "team",
      pin: true,
      started_s,
      members: [member("Bob Stone", "1002"), member("Chloé Moreau-Desrosiers", "1003", true), member("", "0600000001")],
    },
    { number: "4011", name: "Réunion commerciale hebdomadaire", pin: false, started_s: null, members: [] },
  ];
}

/** A room that the user organizes, or not, with somebody who speaks and somebody who is muted. */
export function someMeeting(organizer: boolean): AssistantMeeting {
  const one = (index: number, name: string, part: Partial<AssistantParticipant> = {}): AssistantParticipant => ({
    index,
    name,
    number: String(1000 + index),
    me: false,
    organizer: false,
    muted: false,
    talking: false,
    deaf: false,
    ...part,
  });
  return {
    number: "4010",
    name: "team",
    organizer,
    participants: [
      one(1, "Bob Stone", { organizer: true, talking: true }),
      one(2, "Chloé Moreau-Desrosiers", { muted: true, deaf: true }),
      one(3, "Alice Reed", { me: true, organizer }),
      one(4, ""),
    ],
  };
}

/** Carries out what is done in a room. */
function inRoom(meeting: AssistantMeeting, act: RoomAct): AssistantMeeting[] {
  const change = (is: (one: AssistantParticipant) => boolean, part: Partial<AssistantParticipant>) => [
    { ...meeting, participants: meeting.participants.map((one) => (is(one) ? { ...one, ...part } : one)) },
  ];
  switch (act.act) {
    case "mute-me":
      return change(({ me }) => me, { muted: true });
    case "unmute-me":
      return change(({ me }) => me, { muted: false });
    case "mute-all":
      return change(({ me }) => !me, { muted: true, talking: false });
    case "unmute-all":
      return change(({ me }) => !me, { muted: false });
    case "mute":
      return change(({ index }) => index === act.index, { muted: true, talking: false });
    case "unmute":
      return change(({ index }) => index === act.index, { muted: false });
    case "deafen":
      return change(({ index }) => index === act.index, { deaf: true });
    case "undeafen":
      return change(({ index }) => index === act.index, { deaf: false });
    case "kick":
      return [{ ...meeting, participants: meeting.participants.filter(({ index }) => index !== act.index) }];
    case "reset":
      return change(() => true, { muted: false, deaf: false });
    case "close":
      return [];
    case "include":
    case "invite": {
      const { organizer } = act;
      const number = act.act === "invite" ? act.number : "1009";
      const index = meeting.participants.length + 1;
      const invited = { index, name: "", number, me: false, organizer, muted: false, talking: false, deaf: false };
      return [{ ...meeting, participants: [...meeting.participants, invited] }];
    }
  }
}

export function someCalls(): AssistantCall[] {
  const call = (started: string, part: Partial<AssistantCall>): AssistantCall => ({
    direction: "incoming",
    number: "1002",
    name: "Bob Stone",
    started,
    talked_s: 25,
    outcome: "answered",
    ...part,
  });
  return [
    call("2026-11-27 10:32:50", { outcome: "ongoing", talked_s: null }),
    call("2026-11-27 09:10:00", { outcome: "not-answered", talked_s: null, name: "", number: "+4930123456789" }),
    call("2026-11-26 17:45:12", { direction: "outgoing", talked_s: 4210, name: "Chloé Moreau-Desrosiers" }),
    call("2026-11-20 08:00:00", { direction: "outgoing", outcome: "not-answered", talked_s: null }),
    call("", { number: "", name: "Anonyme" }),
  ];
}

/** Carries out what the server of an account is asked for. */
export function assist(phone: FakePhone, account: AccountId, request: AssistantRequest): void {
  const put = (part: Partial<AssistantState>, ...changed: (keyof AssistantChanges)[]) =>
    phone.show({
      assistants: phone.snapshot.assistants.map((view) => {
        if (view.account !== account) return view;
        const changes = { ...view.changes };
        for (const list of changed) changes[list] += 1;
        return { ...view, state: { ...view.state, ...part }, changes };
      }),
    });
  const state = phone.snapshot.assistants.find((view) => view.account === account)?.state;
  switch (request.request) {
    case "do-not-disturb":
      put({ do_not_disturb: request.on });
      break;
    case "forward": {
      const { when, on, number } = request;
      put({ forwards: (state?.forwards ?? []).map((one) => (one.when === when ? { when, on, number } : one)) });
      break;
    }
    case "status":
      put({ status: request.name });
      break;
    case "device":
      put({ device: request.device });
      break;
    case "favourite": {
      const { person, on } = request;
      const is = ({ id }: AssistantPerson) => id?.contact === person.contact && id.source === person.source;
      const marked = (one: AssistantPerson) => (is(one) ? { ...one, favourite: on } : one);
      phone.everybody = phone.everybody.map(marked);
      phone.found = phone.found.map(marked);
      phone.favourites = phone.everybody.filter(({ favourite }) => favourite);
      put({}, "favourites", "directory");
      break;
    }
    case "search": {
      const term = request.term.toLowerCase();
      const known = ({ name, numbers }: AssistantPerson) =>
        `${name} ${numbers.map(({ number }) => number).join(" ")}`.toLowerCase().includes(term);
      phone.found = term ? phone.everybody.filter(known) : [];
      put({ term: request.term, directory: { list: term ? "known" : "unasked" } }, "directory");
      break;
    }
    case "room": {
      const { number, act } = request;
      phone.meetings = phone.meetings.flatMap((one) => (one.number === number ? inRoom(one, act) : [one]));
      put({}, "meetings");
      break;
    }
    case "show":
      break;
  }
}
