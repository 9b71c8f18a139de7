import { BrewError } from '@brew/events';
import { isOutage } from '@brew/postgres';

/** Is it PostgreSQL that is away? What is away around it, such as a broker, is told by a BrewError, whose cause is an outage to isOutage as well. */
export const isPostgresAway = (error: unknown): boolean => !(error instanceof BrewError) && isOutage(error);
