// The settings of this PC. Only what was changed is sent.

import { ask, askIfThere } from "../shared/api.js";
import { attempt, byId, setHidden, setText } from "../shared/dom.js";
import { Choice } from "./choice.js";
import { openDialog } from "./dialogs.js";
import { Form, SETTINGS } from "./fields.js";
import { Invitations } from "./invitations.js";
import { Programs } from "./programs.js";

export class Settings {
  constructor() {
    this.invitations = new Invitations();
    this.programs = new Programs();
    this.form = new Form(byId("setting"), SETTINGS);
    this.shown = null;
    byId("open-settings").addEventListener("click", () => this.#open());
    this.quit = new Choice("Quit swarmstt on this PC? Its books wait until it is started again.", [
      ["Quit", () => this.#quit()],
    ], "Keep running", () => byId("quit").focus());
    byId("quit").after(this.quit.element);
    byId("quit").addEventListener("click", () => this.quit.open());
    addEventListener("hashchange", () => this.#openIfAsked());
    this.#openIfAsked();
    byId("save-settings").addEventListener("click", () => this.#save());
    byId("setting").addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target.tagName === "INPUT") this.#save();
    });
  }

  // The tray's menu leads here.
  #openIfAsked() {
    if (location.hash !== "#settings") return;
    history.replaceState(null, "", location.pathname);
    this.#open();
  }

  #quit() {
    return attempt(byId("settings-trouble"), async () => {
      await ask("POST", "/shutdown");
      setText(byId("settings-saved"), "swarmstt ends on this PC. Start it from the tray or with `swarmstt up`.");
    });
  }

  // What this node lacks is left out.
  async #open() {
    openDialog("settings");
    setText(byId("settings-saved"), "");
    await attempt(byId("settings-trouble"), async () => {
      const [settings, ...others] = await Promise.all([
        askIfThere("GET", "/settings"),
        this.invitations.load(),
        this.programs.load(),
      ]);
      for (const id of ["setting", "save-settings"]) setHidden(byId(id), !settings);
      if (settings) this.#show(settings);
      else if (!others.some(Boolean)) setText(byId("settings-saved"), "There is nothing to set here.");
    });
  }

  #show(settings) {
    this.shown = settings;
    this.form.show(settings);
    this.form.fields.get("model").suggest(["auto", ...(settings.models ?? [])]);
  }

  async #save() {
    setText(byId("settings-saved"), "");
    await attempt(byId("settings-trouble"), async () => {
      const settings = await ask("PATCH", "/settings", this.form.changesOf(this.shown));
      this.#show(settings);
      const later = (settings.restart ?? []).map(nameOf);
      setText(byId("settings-saved"), later.length ? `Saved. Start swarmstt again for ${later.join(", ")}.` : "Saved.");
    });
  }
}

// A setting, in a sentence; also one that the page does not show.
function nameOf(setting) {
  return SETTINGS.find(({ name }) => name === setting)?.called ?? setting.replaceAll("_", " ");
}
