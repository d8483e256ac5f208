// What to do while there has been no request at all.

import { $, copies, show, text, toggle } from "./dom.js";

const command = () => "curl -i " + location.origin + "/";

copies($("nothing-copy"), command, $("nothing-command"));

export function showNothing(summary) {
  const nothing = summary.endpoints.length === 0 && summary.total_requests === 0;
  text($("nothing-command"), command());
  show($("nothing"), nothing);
  toggle(document.body, "unseen", nothing);
}
