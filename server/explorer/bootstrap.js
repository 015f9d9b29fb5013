// Everything that would reach another server is switched off; the page's content security policy forbids it as well.
Scalar.createApiReference("#explorer", {
  url: "/docs/openapi.json",
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: "never",
  persistAuth: false,
});
