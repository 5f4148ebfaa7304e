import { Monitor, Moon, Sun } from "lucide-react";
import { chooseTheme, type Theme, useTheme } from "../lib/theme";
import styles from "./ThemeChoice.module.css";

const CHOICES = [
  { theme: "light", name: "Light", icon: Sun },
  { theme: "dark", name: "Dark", icon: Moon },
  { theme: "system", name: "As the system", icon: Monitor },
] as const satisfies readonly { theme: Theme; name: string; icon: unknown }[];

/** Light, dark, or what the system says. */
export function ThemeChoice() {
  const chosen = useTheme();
  return (
    <fieldset className={styles.choice}>
      <legend className="visually-hidden">Theme</legend>
      {CHOICES.map(({ theme, name, icon: Icon }) => (
        <label key={theme} className={styles.option} title={name}>
          <input
            type="radio"
            name="theme"
            className={styles.radio}
            checked={chosen === theme}
            onChange={() => chooseTheme(theme)}
          />
          <Icon aria-hidden size={15} strokeWidth={1.9} />
          <span className="visually-hidden">{name}</span>
        </label>
      ))}
    </fieldset>
  );
}
