import assert from 'node:assert/strict';
import fs from 'node:fs';
import { ApiError, GoogleGenAI } from '@google/genai';
import { ended } from './ended.mjs';

const [origin, path] = process.argv.slice(2);
const client = new GoogleGenAI({
  apiKey: 'node',
  httpOptions: { baseUrl: `${origin}/genai`, headers: { 'x-model-provider': 'openai' } },
});
const line = (id) =>
  JSON.stringify({ key: id, request: { contents: [{ role: 'user', parts: [{ text: id }] }] } });
fs.writeFileSync(path, `${line('a')}\n${line('b')}\n`);
const config = { mimeType: 'application/jsonl', displayName: 'größe' };
const made = await client.files.upload({ file: path, config });
assert.equal(made.displayName, 'größe');
assert.equal((await client.files.get({ name: made.name })).sizeBytes, made.sizeBytes);
const walked = [];
for await (const file of await client.files.list({ config: { pageSize: 2 } })) walked.push(file.name);
assert.ok(walked.includes(made.name));
assert.equal(new Set(walked).size, walked.length);

const created = await client.batches.create({ model: 'gpt-5-mini', src: made.name });
const batch = await ended(
  () => client.batches.get({ name: created.name }),
  (told) => told.state === 'JOB_STATE_SUCCEEDED',
);
assert.match(batch.dest.fileName, /^files\//);

const inline = await client.batches.create({
  model: 'gpt-5-mini',
  src: [{ contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] }],
  config: { displayName: 'inline' },
});
const told = await ended(
  () => client.batches.get({ name: inline.name }),
  (one) => one.state === 'JOB_STATE_SUCCEEDED',
);
assert.equal(told.displayName, 'inline');
assert.ok(told.dest.inlinedResponses[0].response.candidates[0].content.parts[0].text);
const listed = [];
for await (const one of await client.batches.list({ config: { pageSize: 1 } })) {
  listed.push(one.name);
  if (listed.length === 2) break;
}
assert.deepEqual(listed, [inline.name, created.name]);
await client.batches.cancel({ name: inline.name }).catch((error) => assert.ok(error instanceof ApiError));
await client.batches.delete({ name: inline.name });
await assert.rejects(client.batches.get({ name: inline.name }), { status: 404 });
await client.files.delete({ name: made.name });
