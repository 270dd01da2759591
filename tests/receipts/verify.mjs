// Checks a receipt with none of Stepwell's code: node's own Ed25519, and the canonical form as RFC 8785 describes it.
// node verify.mjs RECEIPT KEYS: exit 0 where the receipt holds, 1 where it does not.
import { createHash, createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";

// JSON.stringify writes strings and numbers as RFC 8785 wants them, and sort() compares by UTF-16.
const canonical = (value) => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`);
  return `{${members.join(",")}}`;
};
const sha256 = (text) => createHash("sha256").update(text).digest("hex");

const [receipt, keys] = process.argv.slice(2).map((path) => JSON.parse(readFileSync(path, "utf8")));
const text = canonical(receipt.receipt);
const key = keys.items.find((key) => key.key_id === receipt.key_id);
const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), Buffer.from(key.public_key, "base64")]);
const publicKey = createPublicKey({ key: der, format: "der", type: "spki" });
const shown = sha256(canonical(receipt.receipt.shown));
const holds =
  receipt.sha256 === sha256(text) &&
  verify(null, Buffer.from(text), publicKey, Buffer.from(receipt.signature, "base64")) &&
  receipt.receipt.responses.every((response) => response.shown_sha256 === shown);
process.exit(holds ? 0 : 1);
