import { Search } from "lucide-react";
import styles from "./SearchField.module.css";

interface Props {
  label: string;
  value: string;
  onChange: (value: string) => void;
}

export function SearchField({ label, value, onChange }: Props) {
  return (
    <label className={styles.field}>
      <Search aria-hidden size={15} strokeWidth={1.9} />
      <span className="visually-hidden">{label}</span>
      <input
        type="search"
        className={styles.input}
        placeholder={label}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        spellCheck={false}
        autoComplete="off"
      />
    </label>
  );
}
