// What the schema registry says to OrderPlaced.avsc as it is now, without registering it. See evolve-an-event.md.
import { readFile } from 'node:fs/promises';
import { registryUrl } from './addresses.ts';

const subject = 'brew.orders.v1-brew.orders.v1.OrderPlaced';
const schema = await readFile('packages/events/schemas/brew.orders.v1/OrderPlaced.avsc', 'utf8');
const answer = await fetch(`${registryUrl}/compatibility/subjects/${subject}/versions?verbose=true`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ schema }),
});
const { is_compatible, messages = [] } = (await answer.json()) as {
  is_compatible: boolean;
  messages?: string[];
};
console.log(is_compatible ? 'The registry takes it.' : 'The registry refuses it:');
for (const message of messages) console.log(message);
process.exitCode = is_compatible ? 0 : 1;
