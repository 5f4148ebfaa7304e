import { Link, Outlet } from "@tanstack/react-router";
import { CalendarClock, LayoutDashboard, ListChecks, Workflow } from "lucide-react";
import { useOverview } from "../api/overview";
import { Connection } from "./Connection";
import styles from "./Layout.module.css";
import { PausedBanner } from "./PausedBanner";
import { ThemeChoice } from "./ThemeChoice";
import { Toasts } from "./Toasts";

const PAGES = [
  { to: "/", name: "Overview", icon: LayoutDashboard },
  { to: "/tasks", name: "Tasks", icon: ListChecks },
  { to: "/workflows", name: "Workflows", icon: Workflow },
  { to: "/schedules", name: "Schedules", icon: CalendarClock },
] as const;

/** What stands around every page. */
export function Layout() {
  const { data: overview } = useOverview();
  return (
    <Toasts>
      <a className={styles.skip} href="#content">
        Skip to the content
      </a>
      <div className={styles.frame}>
        <header className={styles.side}>
          <Link to="/" className={styles.brand}>
            <Mark />
            <span>
              <span className={styles.product}>Skedulr Dashboard</span>
              {overview && <span className={styles.namespace}>{overview.namespace}</span>}
            </span>
          </Link>
          <nav className={styles.pages} aria-label="Pages">
            {PAGES.map(({ to, name, icon: Icon }) => (
              <Link
                key={to}
                to={to}
                className={styles.page}
                activeProps={{ className: styles.current, "aria-current": "page" }}
                activeOptions={{ exact: to === "/", includeSearch: false }}
              >
                <Icon aria-hidden size={17} strokeWidth={1.8} />
                {name}
              </Link>
            ))}
          </nav>
          <div className={styles.foot}>
            <Connection />
            <ThemeChoice />
          </div>
        </header>
        <main id="content" className={styles.content} tabIndex={-1}>
          {overview?.paused && <PausedBanner />}
          <Outlet />
        </main>
      </div>
    </Toasts>
  );
}

function Mark() {
  return (
    <svg aria-hidden="true" className={styles.mark} viewBox="0 0 32 32" width="28" height="28">
      <rect width="32" height="32" rx="8" fill="#4f46e5" />
      <path d="M8 10h9M8 16h16M8 22h12" stroke="#fff" strokeWidth="3" strokeLinecap="round" />
      <circle cx="23" cy="10" r="2.6" fill="#a5f3fc" />
    </svg>
  );
}
