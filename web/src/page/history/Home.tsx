import { useTranscriptions } from "../../hooks";
import { jobAddress } from "../app/routes";

export function Home() {
  const { jobs } = useTranscriptions();
  return (
    <ul>
      {jobs.map(({ job_id, name }) => (
        <li key={job_id}>
          <a href={jobAddress(job_id)}>{name ?? job_id}</a>
        </li>
      ))}
    </ul>
  );
}
