// Serves fixtures, as serve.sh says.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const library = new URL("../../.cache/models/node_modules/@copilotkit/aimock/dist/index.js", import.meta.url);
const { LLMock } = await import(library);

const files = (path) =>
  statSync(path).isDirectory()
    ? readdirSync(path).filter((name) => name.endsWith(".json")).sort().map((name) => join(path, name))
    : [path];

const server = new LLMock({ host: "127.0.0.1", port: 0, strict: true, logLevel: "warn" });
for (const file of process.argv.slice(2).flatMap(files)) {
  // A file that is wrong ends everything here, instead of leaving fixtures out.
  server.addFixturesFromJSON(JSON.parse(readFileSync(file, "utf8")).fixtures);
}
console.log(await server.start());
process.stdin.on("end", () => process.exit(0)).resume();
