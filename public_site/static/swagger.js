// Shows the document of the API by Swagger UI, without its validator, which is on a foreign host.
"use strict";
SwaggerUIBundle({
  url: document.getElementById("reference").dataset.document,
  domNode: document.getElementById("reference"),
  deepLinking: true,
  validatorUrl: null,
});
