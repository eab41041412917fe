// Counts the texts on standard input ({name: text}) with the vocabularies that two npm packages carry.
import { readFileSync } from "node:fs";
import { countTokens as o200k } from "gpt-tokenizer/encoding/o200k_base";
import { countTokens as cl100k } from "gpt-tokenizer/encoding/cl100k_base";
import llama3 from "llama3-tokenizer-js";

const texts = JSON.parse(readFileSync(0, "utf8"));
const counted = {};
for (const [name, text] of Object.entries(texts)) {
  const ids = llama3.encode(text, { bos: false, eos: false });
  counted[name] = { o200k: o200k(text), cl100k: cl100k(text), llama3: ids.length };
}
console.log(JSON.stringify(counted));
