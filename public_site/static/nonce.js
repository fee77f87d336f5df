// Gives the styles that a script of the page adds the nonce of this one answer, without which the policy refuses them.
"use strict";
{
  const nonce = document.body.dataset.nonce;
  const create = Document.prototype.createElement;
  Document.prototype.createElement = function (name, ...rest) {
    const element = create.call(this, name, ...rest);
    if (String(name).toLowerCase() === "style") element.nonce = nonce;
    return element;
  };
}
