// The TypeScript client: `@modelcontextprotocol/client`, which speaks both eras.

import { converse, legacy, required, server } from "./conversation.mjs";

const { Client, StreamableHTTPClientTransport } = required("@modelcontextprotocol/client");
const { StdioClientTransport } = required("@modelcontextprotocol/client/stdio");

const transport = server.url
  ? new StreamableHTTPClientTransport(new URL(server.url))
  : new StdioClientTransport({
      command: server.command,
      args: server.arguments,
      env: server.environment,
    });
const mode = legacy ? "legacy" : "auto";
const client = new Client(
  { name: "cloche-tests", version: "1" },
  { versionNegotiation: { mode } },
);
await client.connect(transport);
const { tools } = await client.listTools();
const call = (name, given, options) =>
  client.callTool({ name, arguments: given }, options);
await converse(call, {
  tools: tools.map((tool) => tool.name),
  protocol: client.getNegotiatedProtocolVersion(),
});
await client.close();
