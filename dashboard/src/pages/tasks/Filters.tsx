import { X } from "lucide-react";
import { useEffect, useState } from "react";
import { Button } from "../../components/Button";
import { SearchField } from "../../components/SearchField";
import styles from "./Filters.module.css";
import type { TaskSearch } from "./filter";

/** Milliseconds without another letter after which the search begins. */
const PAUSE = 250;

interface Props {
  filter: TaskSearch;
  onRefine: (change: Partial<Record<keyof TaskSearch, string | undefined>>) => void;
}

/** What the list is narrowed to, beside the state. */
export function Filters({ filter, onRefine }: Props) {
  const [text, setText] = useState(filter.q ?? "");
  const [asked, setAsked] = useState(filter.q ?? "");
  // Another address, as from the browser's way back, brings another text.
  if ((filter.q ?? "") !== asked) {
    setAsked(filter.q ?? "");
    setText(filter.q ?? "");
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what was typed starts a search
  useEffect(() => {
    if (text.trim() === asked) return;
    const timer = setTimeout(() => {
      setAsked(text.trim());
      onRefine({ q: text.trim() || undefined });
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <div className={styles.filters}>
      <div className={styles.search}>
        <SearchField label="Search by id or job" value={text} onChange={setText} />
      </div>
      {(["pool", "job"] as const).map(
        (key) =>
          filter[key] && (
            <span key={key} className={styles.filter}>
              {key}: <strong>{filter[key]}</strong>
              <Button icon={X} iconOnly look="quiet" onClick={() => onRefine({ [key]: undefined })}>
                {`Any ${key}`}
              </Button>
            </span>
          ),
      )}
    </div>
  );
}
