// The background script: listeners must be added while it starts, since events wake it.
import * as catching from "./catch.js";
import * as menus from "./menus.js";

catching.listen();
menus.listen();
