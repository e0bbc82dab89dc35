import assert from 'node:assert/strict';
import Anthropic, { toFile } from '@anthropic-ai/sdk';
import { ended } from './ended.mjs';

const [origin] = process.argv.slice(2);
const client = new Anthropic({
  baseURL: `${origin}/anthropic`,
  apiKey: 'sk-node',
  maxRetries: 0,
  defaultHeaders: { 'x-model-provider': 'openai' },
});
const request = (id) => ({
  custom_id: id,
  params: {
    model: 'gpt-5-mini',
    max_tokens: 100,
    messages: [{ role: 'user', content: `Größe ${id}` }],
  },
});

const content = Buffer.from('{"a": "größe"}\n');
const made = await client.beta.files.upload({ file: await toFile(content, 'größe.jsonl') });
assert.equal(made.size_bytes, content.length);
assert.equal(await (await client.beta.files.download(made.id)).text(), content.toString());
assert.equal((await client.beta.files.retrieveMetadata(made.id)).filename, 'größe.jsonl');
const walked = [];
for await (const file of client.beta.files.list({ limit: 2 })) walked.push(file.id);
assert.ok(walked.includes(made.id));
assert.equal(new Set(walked).size, walked.length);
assert.equal((await client.beta.files.delete(made.id)).type, 'file_deleted');

const created = await client.messages.batches.create({ requests: [request('a'), request('b')] });
assert.equal(created.processing_status, 'in_progress');
const batch = await ended(
  () => client.messages.batches.retrieve(created.id),
  (told) => told.processing_status === 'ended',
);
assert.equal(batch.request_counts.succeeded, 2);
const results = [];
for await (const one of await client.messages.batches.results(created.id)) results.push(one);
assert.deepEqual(
  results.map((one) => [one.custom_id, one.result.type]),
  [
    ['a', 'succeeded'],
    ['b', 'succeeded'],
  ],
);
assert.equal(results[0].result.message.content[0].type, 'text');
for await (const one of client.messages.batches.list({ limit: 1 })) {
  assert.equal(one.id, created.id);
  break;
}
await assert.rejects(
  client.messages.batches.retrieve('msgbatch_000000000000'),
  Anthropic.NotFoundError,
);
await assert.rejects(client.messages.batches.create({ requests: [] }), Anthropic.BadRequestError);
assert.equal((await client.messages.batches.delete(created.id)).type, 'message_batch_deleted');
