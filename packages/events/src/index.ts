export type {
  ArraySchema,
  AvroSchema,
  EnumSchema,
  FieldSchema,
  RecordSchema,
  ScalarSchema,
} from './avroSchema.ts';
export { type Bridge, bridges, ordersV2, type Translation, UntranslatableEventError } from './bridges.ts';
export { type Cafe, cafeOf, cafes } from './cafes.ts';
export { createCheck, problemIn } from './checkData.ts';
export {
  type Event,
  type EventContext,
  fromHeaders,
  InvalidHeadersError,
  problemInContext,
  toHeaders,
} from './cloudEvents.ts';
export { BrewError, type BrewErrorOptions, type ErrorCode, errorCodes } from './errors.ts';
export type { EventType } from './eventType.ts';
export { eventTypeOf } from './eventTypes.ts';
export * from './generated/events.ts';
export * as v2 from './generated/v2/events.ts';
export { leastUuidv7, uuidv7 } from './ids.ts';
export { inWrongTopic, misplaced, underWrongKey } from './misplaced.ts';
export { problemInSize, type RangeRule, rules, type TextRule } from './rules.ts';
export {
  deadLetterTopic,
  orderTopics,
  successors,
  type Topic,
  type TopicDeclaration,
  topics,
} from './topics.ts';
export {
  childOf,
  childTraceparent,
  formatTraceparent,
  newTrace,
  parseTraceparent,
  type TraceContext,
} from './traceContext.ts';
