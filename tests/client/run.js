// Runs flows against a server, all at the same time: `node run.js SITE FLOW…`, SITE as JSON.
//
// For each flow it writes one line of JSON: `{ flow, failure }`, where `failure` is null or says what went wrong.

import { Site } from "./browser.js";

const [settings, ...flows] = process.argv.slice(2);
const site = new Site(JSON.parse(settings));

async function outcome(flow) {
  try {
    const { default: run } = await import(`./flows/${flow}.js`);
    await run(site);
    return { flow, failure: null };
  } catch (error) {
    return { flow, failure: error.stack };
  }
}

for (const each of await Promise.all(flows.map(outcome))) process.stdout.write(`${JSON.stringify(each)}\n`);
process.exit();
