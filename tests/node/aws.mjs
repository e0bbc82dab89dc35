import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import {
  BedrockClient,
  CreateModelInvocationJobCommand,
  GetModelInvocationJobCommand,
  ListModelInvocationJobsCommand,
  ResourceNotFoundException,
  StopModelInvocationJobCommand,
} from '@aws-sdk/client-bedrock';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { ended } from './ended.mjs';

const [origin, , accessKeyId, secretAccessKey] = process.argv.slice(2);
const account = {
  region: 'us-west-2',
  credentials: { accessKeyId, secretAccessKey },
  maxAttempts: 1,
};
const to = (provider) => (client) => {
  client.middlewareStack.add(
    (next) => (args) => {
      args.request.headers['x-model-provider'] = provider;
      return next(args);
    },
    { step: 'build' },
  );
  return client;
};
const s3 = to('openai')(
  new S3Client({ ...account, endpoint: `${origin}/bedrock/files`, forcePathStyle: true }),
);
const bedrock = to('openai')(new BedrockClient({ ...account, endpoint: `${origin}/bedrock` }));
const line = (id) =>
  JSON.stringify({
    custom_id: id,
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model: 'gpt-5-mini', messages: [{ role: 'user', content: `Größe ${id}` }] },
  });
const content = `${line('a')}\n${line('b')}\n`;
const at = { Bucket: 'node-files', Key: 'in/größe + a.jsonl' };

// A stream goes out in chunks, with its checksum behind it.
const put = await s3.send(
  new PutObjectCommand({ ...at, Body: Readable.from([Buffer.from(content)]), ContentLength: Buffer.byteLength(content) }),
);
const id = put.ETag.replaceAll('"', '');
assert.match(id, /^file-[0-9a-z]{12}$/);
const got = await s3.send(new GetObjectCommand(at));
assert.equal(await got.Body.transformToString(), content);
assert.equal((await s3.send(new HeadObjectCommand(at))).ContentLength, Buffer.byteLength(content));
const listed = await s3.send(new ListObjectsV2Command({ Bucket: at.Bucket, Prefix: 'in/' }));
assert.deepEqual(listed.Contents.map((one) => one.Key), [at.Key]);
await assert.rejects(s3.send(new GetObjectCommand({ ...at, Key: 'no' })), NoSuchKey);

// No role: this SDK does not ask for one.
const { jobArn } = await bedrock.send(
  new CreateModelInvocationJobCommand({
    jobName: 'node-job',
    modelId: 'gpt-5-mini',
    inputDataConfig: { s3InputDataConfig: { s3Uri: `s3://node-files/${id}`, s3InputFormat: 'JSONL' } },
    outputDataConfig: { s3OutputDataConfig: { s3Uri: 's3://node-files/out/' } },
  }),
);
const job = await ended(
  () => bedrock.send(new GetModelInvocationJobCommand({ jobIdentifier: jobArn })),
  (told) => told.status === 'Completed',
);
assert.ok(job.submitTime instanceof Date);
const jobs = await bedrock.send(new ListModelInvocationJobsCommand({ maxResults: 1 }));
assert.equal(jobs.invocationJobSummaries[0].jobArn, jobArn);
const outputs = await s3.send(new ListObjectsV2Command({ Bucket: 'node-files', Prefix: 'out/' }));
const results = outputs.Contents.find((one) => one.Key.endsWith('.jsonl.out'));
const told = await s3.send(new GetObjectCommand({ Bucket: 'node-files', Key: results.Key }));
assert.equal((await told.Body.transformToString()).trim().split('\n').length, 2);
await assert.rejects(
  bedrock.send(new StopModelInvocationJobCommand({ jobIdentifier: 'arn:aws:bedrock:us-west-2:000000000000:model-invocation-job/000000000000' })),
  ResourceNotFoundException,
);
await s3.send(new DeleteObjectCommand(at));
