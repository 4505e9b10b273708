// Before anything is drawn: the browser runs modules, so parts that open may start closed.
if ("noModule" in HTMLScriptElement.prototype) document.body.classList.add("js-enabled", "govuk-frontend-supported");
