// What every client written in TypeScript says to the server, and the report it prints.

import { createRequire } from "node:module";
import { join } from "node:path";

const PLOT = "import matplotlib.pyplot as plt\n_ = plt.plot([1, 2, 3])";
const FOR_EVER = "print('begun', flush=True)\nwhile True: pass";

export const server = JSON.parse(process.argv[2]);
export const legacy = process.argv.includes("--legacy");
export const required = createRequire(join(process.env.NODE_MODULES, "any.js"));

/** Talk to the server by `call(tool, arguments, options)` and print a report. */
export async function converse(call, more) {
  const execute = (code, options = {}, rest = {}) =>
    call("execute_code", { code, ...rest }, options);
  const first = await execute("x = 41");
  const session = { session_id: /of session (s_\w+)/.exec(text(first))[1] };
  const value = async (...given) => text(await execute(...given)).split("\n")[0];
  const byItself = await value("x + 1");
  const byId = await execute("x + 1", {}, session);
  const plot = await execute(PLOT, {}, session);
  const failure = await execute("1 / 0", {}, session);
  const refusal = await execute("1", {}, { session_id: "s_nobody" });

  const progress = [];
  const abort = new AbortController();
  const options = {
    signal: abort.signal,
    onprogress: (heard) => {
      progress.push(heard.message);
      abort.abort();
    },
  };
  // Unless the code has been stopped, the call after it waits until the test's patience ends.
  await execute(FOR_EVER, options, { timeout_seconds: 600, ...session }).catch(() => {});
  const afterCancel = await value("x + 1", {}, session);

  const report = {
    by_itself: byItself,
    by_id: text(byId).split("\n")[0],
    structured: byId.structuredContent?.result,
    image: plot.content.filter((block) => isPng(block)).map((block) => block.mimeType),
    failure: { is_error: failure.isError ?? false, text: text(failure) },
    refusal: { is_error: refusal.isError ?? false, text: text(refusal) },
    progress,
    after_cancel: afterCancel,
  };
  console.log(JSON.stringify({ ...report, ...more }));
}

function text(result) {
  const blocks = result.content.filter((block) => block.type === "text");
  return blocks.map((block) => block.text).join("\n");
}

function isPng(block) {
  return block.type === "image" && Buffer.from(block.data, "base64").subarray(1, 4) == "PNG";
}
