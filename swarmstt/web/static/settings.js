// The settings of this PC. Only what was changed is sent.

import { ask, askIfThere } from "./api.js";
import { byId, element, setHidden, setText } from "./dom.js";
import { Invitations } from "./invitations.js";
import { openSheet } from "./sheet.js";

const FIELDS = {
  name: "set-name",
  model: "set-model",
  slots: "set-slots",
  memory_gb: "set-memory",
  drop_folders: "set-drop-folders",
  help_when: "set-help-when",
  idle_minutes: "set-idle-minutes",
  help_from: "set-help-from",
  help_until: "set-help-until",
};

const NAMES = {
  name: "the name",
  model: "the model",
  slots: "the parts at once",
  memory_gb: "the memory",
  drop_folders: "the folders",
};

// What means something where it is empty: as much as fits, or none.
const MAY_BE_EMPTY = new Set(["slots", "memory_gb", "drop_folders"]);

// What is said of a field that is empty and must not be, or whose text the browser cannot read: its value is empty then.
const MUST_BE = {
  name: "The name of this PC must be some text, such as Study.",
  model: "The model must be a name, such as base.",
  slots: "Parts at once must be a whole number, such as 2.",
  memory_gb: "Memory must be a number, such as 1.5.",
  idle_minutes: "Minutes must be a whole number, such as 10.",
  help_from: "From must be a time, such as 22:00.",
  help_until: "Until must be a time, such as 06:00.",
};

export class Settings {
  constructor() {
    this.invitations = new Invitations();
    this.shown = null;
    byId("open-settings").addEventListener("click", () => this.#open());
    byId("save-settings").addEventListener("click", () => this.#save());
    byId("settings-form").addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target.tagName === "INPUT") this.#save();
    });
    byId("set-help-when").addEventListener("change", () => this.#showHelpFields());
  }

  // What this node lacks is left out.
  async #open() {
    openSheet("settings");
    setText(byId("settings-saved"), "");
    await this.#try(async () => {
      const [settings, hasInvitations] = await Promise.all([askIfThere("GET", "/settings"), this.invitations.look()]);
      for (const id of ["settings-form", "save-settings"]) setHidden(byId(id), !settings);
      if (settings) this.#show(settings);
      else if (!hasInvitations) setText(byId("settings-saved"), "There is nothing to set here.");
    });
  }

  #show(settings) {
    this.shown = settings;
    for (const [field, id] of Object.entries(FIELDS)) byId(id).value = asText(settings[field]);
    byId("set-models").replaceChildren(...(settings.models ?? []).map((name) => element("option", { value: name })));
    this.#showHelpFields();
  }

  #showHelpFields() {
    const when = byId("set-help-when").value;
    setHidden(byId("idle-field"), when !== "idle");
    setHidden(byId("from-field"), when !== "hours");
    setHidden(byId("until-field"), when !== "hours");
  }

  async #save() {
    setText(byId("settings-saved"), "");
    await this.#try(async () => {
      const settings = await ask("PATCH", "/settings", this.#changes());
      this.#show(settings);
      const later = (settings.restart ?? []).map((field) => NAMES[field] ?? field.replaceAll("_", " "));
      setText(byId("settings-saved"), later.length ? `Saved. Start swarmstt again for ${later.join(", ")}.` : "Saved.");
    });
  }

  // What was changed, as far as it is shown: what is hidden does not matter to what was chosen.
  #changes() {
    const changes = {};
    for (const [field, id] of Object.entries(FIELDS)) {
      const input = byId(id);
      if (input.closest("[hidden]")) continue;
      const text = input.value.trim();
      const isChanged = text !== asText(this.shown[field]);
      if (input.validity.badInput || (isChanged && !text && !MAY_BE_EMPTY.has(field))) {
        input.focus();
        throw new Error(MUST_BE[field]);
      }
      if (isChanged) changes[field] = asValue(field, text);
    }
    return changes;
  }

  async #try(work) {
    let trouble = "";
    try {
      await work();
    } catch (error) {
      trouble = error.message;
    }
    setText(byId("settings-trouble"), trouble);
    setHidden(byId("settings-trouble"), !trouble);
  }
}

function asText(value) {
  if (Array.isArray(value)) return value.join("\n");
  return value === null || value === undefined ? "" : String(value);
}

function asValue(field, text) {
  if (field === "drop_folders") return text.split("\n").map((line) => line.trim()).filter(Boolean);
  if (field === "slots" || field === "memory_gb") return text ? Number(text) : null;
  return field === "idle_minutes" ? Number(text) : text;
}
