import type { Route } from '../http/route.ts';
import { listLetterActions } from './actionsRoute.ts';
import type { LetterContext } from './context.ts';
import { discardLetters } from './discardRoute.ts';
import { listDeadLetters } from './listRoute.ts';
import { createTurns } from './oneAtATime.ts';
import { redriveLetters } from './redriveRoute.ts';
import { showDeadLetter } from './showRoute.ts';
import { summarizeDeadLetters } from './summaryRoute.ts';

/** The way back of dead letters, for staff: in every service that has a consumer group. */
export function letterRoutes(context: LetterContext): Route[] {
  const inTurn = createTurns();
  return [
    listDeadLetters(context),
    // Before the one with :id, which would take their names for numbers.
    summarizeDeadLetters(context),
    listLetterActions(context),
    showDeadLetter(context),
    redriveLetters(context, inTurn),
    discardLetters(context, inTurn),
  ];
}
