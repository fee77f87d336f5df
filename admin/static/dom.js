/* The few things that every script of the back office needs. */

export const each = (selector, action, within = document) => within.querySelectorAll(selector).forEach(action);

/** Make an element: `onclick` and its like become listeners, `true` an empty attribute, `false` none. */
export const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
};

export const csrfToken = () => document.querySelector("meta[name=csrf-token]").content;
