// The engine's own view of this process, asked without waiting.
"use strict";

const { Session } = require("inspector");
const { fileURLToPath } = require("url");

class Inspection {
  constructor() {
    this.session = new Session();
    this.session.connect();
  }

  on(event, work) {
    this.session.on(event, ({ params }) => work(params));
  }

  post(method, params) {
    let value;
    this.session.post(method, params, (error, result) => {
      if (error) throw new Error(error.message);
      value = result;
    });
    return value;
  }
}

/** The file of a script by its address. */
function fileAt(url) {
  return url.startsWith("file:") && !url.includes("#") ? fileURLToPath(url) : url;
}

module.exports = { Inspection, fileAt };
