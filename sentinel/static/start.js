// GOV.UK's own components. Without them every page still works.
const address = document.querySelector('meta[name="govuk-frontend"]').content;
const { initAll } = await import(address);
initAll();
