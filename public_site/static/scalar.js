// Shows the document of the API by Scalar, which is told to ask nobody else for anything.
"use strict";
Scalar.createApiReference("#reference", {
  url: document.getElementById("reference").dataset.document,
  agent: { disabled: true },
  externalUrls: {},
  hideClientButton: true,
  mcp: { disabled: true },
  proxyUrl: "",
  showDeveloperTools: "never",
  telemetry: false,
  withDefaultFonts: false,
});
