import type { Ledger } from '../ledger.ts';
import { breachOf } from './breachOf.ts';
import type { SetResult } from './result.ts';
import { compareReport, tallyReport } from './sets/reports.ts';
import { type ReportName, reportNames, type StoredReport } from './sql/analytics.ts';

const CURTAILED =
  'the topics no longer hold all that is in it; npx brew replay check analytics compares the hours that they do hold';

/**
 * Compares reports as they were when it began with the topics up to the records that were in them: exact, also while orders flow.
 * @param stored those that are read, by name
 */
export function compareReports(stored: ReadonlyMap<ReportName, StoredReport>, ledger: Ledger): SetResult[] {
  return reportNames.map((name): SetResult => {
    const set = name.replace('_', ' ');
    const report = stored.get(name);
    const base = {
      set,
      database: 'analytics' as const,
      unit: 'lines',
      breaches: [],
      young: 0,
      gone: 0,
      partly: 0,
    };
    if (!report) return { ...base, compared: null, note: 'there is no live report yet' };
    if (!ledger.holds(0)) return { ...base, compared: null, note: CURTAILED };
    if (ledger.counts().untaken > 0)
      return { ...base, compared: null, note: 'not all orders were looked at' };
    const tally = tallyReport(
      name,
      report,
      ledger.orders(),
      ({ topic, partition, offset }) => offset < (report.positions.get(`${topic}/${partition}`) ?? 0),
    );
    const breaches = compareReport(report, tally).map((sentence) => breachOf(set, sentence, undefined));
    return { ...base, compared: report.lines.length, breaches };
  });
}
