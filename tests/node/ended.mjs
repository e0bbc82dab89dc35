// Asks until it is so: `await ended(() => client.batches.retrieve(id), (batch) => batch.status === 'completed')`.
export async function ended(ask, so) {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const told = await ask();
    if (so(told)) return told;
    if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(told)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
