import assert from 'node:assert/strict';
import fs from 'node:fs';
import OpenAI, { toFile } from 'openai';
import { ended } from './ended.mjs';

const [origin, path] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${origin}/openai/v1`, apiKey: 'sk-node', maxRetries: 0 });
const provider = 'anthropic';
const line = (id) =>
  JSON.stringify({
    custom_id: id,
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model: 'claude-opus-4-6', messages: [{ role: 'user', content: `Größe ${id}` }] },
  });
const content = `${line('a')}\n${line('b')}\n`;
fs.writeFileSync(path, content);

// A stream has no length that could be announced, and its part comes before the fields.
for (const file of [fs.createReadStream(path), await toFile(Buffer.from(content), 'in.jsonl')]) {
  const made = await client.files.create({ file, purpose: 'batch', provider });
  assert.equal(made.bytes, Buffer.byteLength(content));
  assert.equal(await (await client.files.content(made.id)).text(), content);
}
const uploaded = await client.files.create({
  file: await toFile(Buffer.from(content), 'in.jsonl'),
  purpose: 'batch',
  provider,
});
const walked = [];
for await (const file of client.files.list({ limit: 2 })) walked.push(file.id);
assert.equal(new Set(walked).size, walked.length);
assert.ok(walked.includes(uploaded.id));

const created = await client.batches.create({
  input_file_id: uploaded.id,
  endpoint: '/v1/chat/completions',
  completion_window: '24h',
  provider,
});
const batch = await ended(
  () => client.batches.retrieve(created.id, { query: { provider } }),
  (told) => told.status === 'completed',
);
assert.deepEqual(batch.request_counts, { total: 2, completed: 2, failed: 0 });
const results = await (await client.files.content(batch.output_file_id)).text();
assert.deepEqual(
  results.trim().split('\n').map((one) => JSON.parse(one).custom_id),
  ['a', 'b'],
);

const inline = await client.batches.create({
  input_file_id: '',
  endpoint: '/v1/chat/completions',
  completion_window: '24h',
  provider,
  requests: [
    {
      custom_id: 'inline',
      params: {
        model: 'claude-opus-4-6',
        max_tokens: 100,
        messages: [{ role: 'user', content: 'Hi' }],
      },
    },
  ],
});
await ended(
  () => client.batches.retrieve(inline.id),
  (told) => told.status === 'completed',
);
const listed = [];
for await (const one of client.batches.list({ limit: 1 })) {
  listed.push(one.id);
  if (listed.length === 2) break;
}
assert.deepEqual(listed, [inline.id, created.id]);

await assert.rejects(client.batches.retrieve('batch_000000000000'), OpenAI.NotFoundError);
await assert.rejects(client.batches.cancel(created.id, { body: { provider } }), OpenAI.BadRequestError);
assert.equal((await client.files.delete(uploaded.id)).deleted, true);
