// Shows the API's document. Nothing is sent anywhere but to this API: no validator, no configuration from the address.
SwaggerUIBundle({
  url: "/api/docs/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  displayOperationId: true,
  docExpansion: "none",
  filter: true,
  queryConfigEnabled: false,
  validatorUrl: null,
});
