import { useTimeline } from "../../api/overview";
import { Card } from "../../components/Card";
import { Chart } from "../../components/Chart";
import { brief, count, span } from "../../lib/format";
import styles from "./Charts.module.css";

const MINUTES = 60;

/** What was done in the last hour, and how long tasks waited for it. */
export function Charts() {
  const { data: minutes = [], error } = useTimeline(MINUTES);
  const times = minutes.map(({ at }) => Date.parse(at) / 1000);
  const ended = minutes.map((each) => each.succeeded);
  const failed = minutes.map((each) => each.failed + each.dead);
  const total = ended.reduce((sum, value) => sum + value, 0);
  const waits = minutes.map((each) => mean(each.waited_ms, each.started));
  const runs = minutes.map((each) =>
    mean(each.ran_ms, each.succeeded + each.failed + each.dead + each.retried),
  );
  if (error && minutes.length === 0) {
    return (
      <Card title="Throughput">
        <p className={styles.none}>There is no chart: {error.message}</p>
      </Card>
    );
  }
  return (
    <div className={styles.charts}>
      <Card title="Throughput" aside={`tasks a minute, ${count(total)} in the last hour`}>
        <Chart
          label={`Tasks that ended in each of the last ${MINUTES} minutes; ${count(total)} succeeded.`}
          times={times}
          format={brief}
          series={[
            { name: "succeeded", color: "--succeeded", values: ended, shape: "bars" },
            { name: "failed or dead", color: "--dead", values: failed, shape: "bars" },
          ]}
        />
      </Card>
      <Card title="Wait and run time" aside="mean of each minute, logarithmic">
        <Chart
          label={`How long tasks waited and ran, as the mean of each of the last ${MINUTES} minutes.`}
          times={times}
          format={span}
          ofSpans
          series={[
            { name: "waited", color: "--queued", values: waits, shape: "line" },
            { name: "ran", color: "--running", values: runs, shape: "line" },
          ]}
        />
      </Card>
    </div>
  );
}

function mean(sum: number, number: number): number | null {
  return number > 0 ? sum / number : null;
}
