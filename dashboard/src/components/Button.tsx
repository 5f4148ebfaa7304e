import type { LucideIcon } from "lucide-react";
import type { ButtonHTMLAttributes, Ref } from "react";
import styles from "./Button.module.css";

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  icon?: LucideIcon;
  look?: "plain" | "primary" | "danger" | "quiet";
  /** Only the icon shows; the text is for those who cannot see it. */
  iconOnly?: boolean;
  ref?: Ref<HTMLButtonElement>;
}

export function Button({
  icon: Icon,
  look = "plain",
  iconOnly,
  children,
  className,
  ...rest
}: Props) {
  return (
    <button
      type="button"
      className={[styles.button, styles[look], iconOnly && styles.square, className]
        .filter(Boolean)
        .join(" ")}
      {...(iconOnly && typeof children === "string" ? { title: children } : {})}
      {...rest}
    >
      {Icon && <Icon aria-hidden size={15} strokeWidth={1.9} />}
      {iconOnly ? <span className="visually-hidden">{children}</span> : children}
    </button>
  );
}
