import { useTranscriptions } from "../hooks";

export function Page() {
  const { jobs, error } = useTranscriptions();
  return (
    <main className="mx-auto max-w-3xl p-6">
      <h1 className="text-2xl font-semibold">Retender</h1>
      {error && <p role="alert">{error.message}</p>}
      <ul>
        {jobs.map((job) => (
          <li key={job.job_id}>
            {job.message} ({Math.round(job.progress)} %)
          </li>
        ))}
      </ul>
    </main>
  );
}
