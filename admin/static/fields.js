/* Fields that a script improves, in the page and in rows that are added to it later. */
import { improveAutocomplete } from "./autocomplete.js";
import { each } from "./dom.js";
import { improveMarkup } from "./markup.js";

export function improveFields(within = document) {
  each("[data-autocomplete]", improveAutocomplete, within);
  each("[data-markup]", improveMarkup, within);
}
