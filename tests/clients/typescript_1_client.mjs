// The TypeScript client of the older era: `@modelcontextprotocol/sdk`.

import { converse, required, server } from "./conversation.mjs";

const sdk = "@modelcontextprotocol/sdk/client";
const { Client } = required(`${sdk}/index.js`);
const { StdioClientTransport } = required(`${sdk}/stdio.js`);
const { StreamableHTTPClientTransport } = required(`${sdk}/streamableHttp.js`);

const transport = server.url
  ? new StreamableHTTPClientTransport(new URL(server.url))
  : new StdioClientTransport({
      command: server.command,
      args: server.arguments,
      env: server.environment,
    });
const client = new Client({ name: "cloche-tests", version: "1" });
await client.connect(transport);
const { tools } = await client.listTools();
const call = (name, given, options) =>
  client.callTool({ name, arguments: given }, undefined, options);
await converse(call, {
  tools: tools.map((tool) => tool.name),
});
await client.close();
