import { OrderPlaced } from '@brew/events';
import { describe, expect, it } from '@jest/globals';
import { type NewConsumerOptions, planConsumer } from './plan.ts';

const services = [
  { name: 'order', folder: 'services/order', port: 3002, database: 'orders' },
  { name: 'simulator', folder: 'packages/simulator', port: 3007, database: 'psp' },
];

const plan = (name: string, options: Partial<NewConsumerOptions> = {}) =>
  planConsumer(name, { events: [OrderPlaced], from: 'beginning', ...options }, services);

describe('the plan for a consumer', () => {
  it('is a group that begins at the beginning, on the first port that nobody has', () => {
    expect(plan('loyalty')).toEqual({
      name: 'loyalty',
      kind: 'group',
      events: [OrderPlaced],
      from: 'beginning',
      port: 3006,
    });
  });

  it('passes over ports that are taken', () => {
    const more = [...services, { name: 'alarm', folder: 'services/alarm', port: 3006, database: 'alarm' }];
    const { port } = planConsumer('loyalty', { events: [OrderPlaced], from: 'now' }, more);
    expect(port).toBe(3008);
  });

  it.each([
    [{ fanOut: true }, { kind: 'fan-out' }],
    [{ projection: true }, { kind: 'projection' }],
    [{ from: 'now' as const }, { from: 'now' }],
    [{ port: 4000 }, { port: 4000 }],
  ])('takes %j', (options, wanted) => {
    expect(plan('loyalty', options)).toMatchObject(wanted);
  });

  it.each<[string, Partial<NewConsumerOptions>, RegExp]>([
    ['Loyalty', {}, /^"Loyalty" can not be the name.* such as loyalty\.$/],
    ['loyaltyApp', {}, /such as loyalty-app\.$/],
    ['my_app', {}, /such as my-app\.$/],
    ['2go', {}, /such as go\.$/],
    ['../order', {}, /such as order\.$/],
    ['-', {}, /such as loyalty\.$/],
    ['', {}, /^"" can not be/],
    ['a--b', {}, /such as a-b\.$/],
    ['a'.repeat(41), {}, /40 at most/],
    ['order', {}, /^There is a service order already\. Take another name, such as order-2\.$/],
    ['orders', {}, /^orders is the database of order\. Take another name/],
    ['postgres', {}, /^postgres is the name of something.* such as my-postgres\.$/],
    ['kafka-1', {}, /^kafka-1 is the name of something/],
    ['registry', {}, /^registry is/],
    ['loyalty', { fanOut: true, projection: true }, /exclude each other.*Leave one of them out\.$/],
    ['loyalty', { port: 3002 }, /^Port 3002 is that of order\. Take another one, such as --port 3006\.$/],
    ['loyalty', { port: 19_092 }, /^Port 19092 is that of kafka-1/],
  ])('refuses %j %j, and says what to do', (name, options, message) => {
    expect(() => plan(name, options)).toThrow(
      expect.objectContaining({ code: 'BREW_ARGUMENT_INVALID', message: expect.stringMatching(message) }),
    );
  });
});
