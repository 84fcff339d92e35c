// The only file that knows Tauri.
import { Channel, invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import type { Bridge, IncomingBridge, KioskBridge, Stop } from "./bridge";
import type { DevicesView, KioskView, Levels, ServiceRow, Snapshot } from "./types";

function follow(draw: (snapshot: Snapshot) => void): Stop {
  const channel = new Channel<Snapshot>();
  channel.onmessage = draw;
  void invoke("follow", { channel });
  return () => {
    channel.onmessage = () => {};
  };
}

function hear<Told>(event: string, take: (told: Told) => void): Stop {
  const listening = listen<Told>(event, ({ payload }) => take(payload));
  return () => void listening.then((stop) => stop());
}

export function tauriBridge(): Bridge {
  return {
    follow,
    onTarget: (take) => hear("target", take),
    onRedirect: (take) => hear("redirect", take),
    send: (command) => invoke("send", { command }),
    about: () => invoke("about"),
    showFolder: (which) => invoke("show_folder", { which }),
    history: (query) => invoke("history", { query }),
    deleteHistory: (ids) => invoke("delete_history", { ids }),
    clearHistory: () => invoke("clear_history"),
    markSeen: () => invoke("mark_seen"),
    contacts: (query) => invoke("contacts", { query }),
    saveContact: (contact) => invoke("save_contact", { contact }),
    deleteContact: (id) => invoke("delete_contact", { id }),
    importContacts: (form, file) => invoke("import_contacts", { form, file }),
    suggest: (text) => invoke("suggest", { text }),
    assistantHistory: (account) => invoke("assistant_history", { account }),
    assistantDirectory: (account) => invoke("assistant_directory", { account }),
    assistantFavourites: (account) => invoke("assistant_favourites", { account }),
    assistantRooms: (account) => invoke("assistant_rooms", { account }),
    assistantMeetings: (account) => invoke("assistant_meetings", { account }),
    saveExport: (file) => invoke("save_export", { export: file }),
    settings: () => invoke("settings"),
    checkSettings: (settings) => invoke("check_settings", { settings }),
    saveSettings: (settings) => invoke("save_settings", { settings }),
    eventPrograms: () => invoke("event_programs"),
    saveEventPrograms: (programs) => invoke("save_event_programs", { programs }),
    keepRingtone: (name, sound) => invoke("keep_ringtone", { name, sound }),
    setSecret: (key, value) => invoke("set_secret", { key, value }),
    forgetSecret: (key) => invoke("forget_secret", { key }),
    tryAccount: (account, password) => invoke("try_account", { account, password }),
    registeredClients: (account) => invoke("registered_clients", { account }),
    orderToken: (account, order) => invoke("order_token", { account, order }),
    tryIce: (account, url, credential) => invoke("try_ice", { account, url, credential }),
    installUpdate: () => invoke("install_update"),
    offerProvisioning: (url) => invoke("offer_provisioning", { url }),
    acceptProvisioning: (url) => invoke("accept_provisioning", { url }),
    forgetProvisioning: () => invoke("forget_provisioning"),
    trace: (search) => invoke("trace", { search }),
    ladder: (call) => invoke("ladder", { call }),
    callStories: () => invoke("call_stories"),
    diagnose: (account) => invoke("diagnose", { account }),
    supportBundle: () => invoke("support_bundle"),
    acceptKey: (account, found) => invoke("accept_key", { account, found }),
    followServiceEvents(draw) {
      const channel = new Channel<ServiceRow[]>();
      channel.onmessage = draw;
      void invoke("follow_service_events", { channel });
      return () => {
        channel.onmessage = () => {};
        void invoke("leave_service_events");
      };
    },
    followDevices(draw) {
      const channel = new Channel<DevicesView>();
      channel.onmessage = draw;
      void invoke("follow_devices", { channel });
      return () => {
        channel.onmessage = () => {};
        void invoke("leave_devices");
      };
    },
    followLevels(of, draw) {
      const channel = new Channel<Levels>();
      channel.onmessage = draw;
      void invoke("follow_levels", { of, channel });
      return () => {
        channel.onmessage = () => {};
        void invoke("leave_levels", { of });
      };
    },
  };
}

export function incomingBridge(): IncomingBridge {
  return { follow, act: (call, action) => invoke("incoming_action", { call, action }) };
}

export function kioskBridge(): KioskBridge {
  return {
    follow(draw) {
      const channel = new Channel<KioskView>();
      channel.onmessage = draw;
      void invoke("kiosk_follow", { channel });
      return () => {
        channel.onmessage = () => {};
      };
    },
    act: (action) => invoke("kiosk_act", { action }),
    leave: (pin) => invoke("kiosk_leave", { pin }),
  };
}
