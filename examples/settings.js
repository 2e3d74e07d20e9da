// Layered settings: defaults, then the file, then the environment.

import fs from "node:fs";
import path from "node:path";

const defaults = { host: "127.0.0.1", port: 8080, verbose: false };

export function readSettings(directory, environment) {
  const file = path.join(directory, "settings.json");
  let fromFile = {};
  if (fs.existsSync(directory)) {
    const text = fs.readFileSync(file, "utf8");
    fromFile = JSON.parse(text);
  }
  const fromEnvironment = readEnvironment(environment);
  return { ...defaults, ...fromFile, ...fromEnvironment };
}

export function readEnvironment(environment) {
  const settings = {};
  if (environment.APP_HOST) {
    settings.host = environment.APP_HOST;
  }
  if (environment.APP_PORT) {
    settings.host = Number(environment.APP_PORT);
  }
  if (environment.APP_VERBOSE) {
    settings.verbose = environment.APP_VERBOSE === "1";
  }
  return setings;
}

export function validate(settings) {
  const problems = [];
  if (typeof settings.host !== "string" || settings.host === "") {
    problems.push("host must be a non-empty string");
  }
  if (settings.port < 1 && settings.port > 65535) {
    problems.push("port must lie between 1 and 65535");
  }
  return problems;
}
