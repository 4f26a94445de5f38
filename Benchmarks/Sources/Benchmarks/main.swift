import Files
import Foundation

// benchmarks [--list] [--prepare-only] [--counts] [NAME...]: those named, or all that are not long.
private let all = RunBenchmarks.all + MemoryBenchmarks.all + CommandSetBenchmarks.all + ReadingBenchmarks.all
private let arguments = Array(CommandLine.arguments.dropFirst())
private let flags = Set(arguments.filter { $0.hasPrefix("--") })
private let names = arguments.filter { !$0.hasPrefix("--") }

private func complain(_ text: String) -> Never {
  FileHandle.standardError.write(Data("bench: error: \(text)\n".utf8))
  exit(2)
}

/// At once, so that a long run is followed as it goes.
private func say(_ text: String) { FileHandle.standardOutput.write(Data("\(text)\n".utf8)) }

private func shown(_ value: Double) -> String {
  let scales = [(1e9, "G"), (1e6, "M"), (1e3, "k")]
  let scale = scales.first { value >= $0.0 }
  return String(format: "%.4g", value / (scale?.0 ?? 1)) + (scale.map { " \($0.1)" } ?? "")
}

private func shownTime(_ seconds: Double) -> String {
  seconds < 0.1 ? String(format: "%.3f ms", seconds * 1e3) : String(format: "%.3f s", seconds)
}

private func measure(_ benchmark: Benchmark) throws {
  let work = try benchmark.prepare()
  if flags.contains("--prepare-only") { return }
  let (amounts, first) = try Stopwatch.time(work)
  var time = first
  if flags.contains("--counts") {
    // For scripts: one line for each unit of work.
    for amount in amounts where !amount.unit.hasPrefix("%") {
      say("\(benchmark.name)\t\(amount.unit)\t\(Int64(amount.count))")
    }
    return
  }
  // What is over at once is done again, and the quickest counts.
  var spent = time.wall
  while spent < 0.5 {
    let (_, again) = try Stopwatch.time(work)
    spent += again.wall
    if again.wall < time.wall { time = again }
  }
  let figures = amounts.map { amount in
    amount.unit.hasPrefix("%")
      ? "\(Int(amount.count)) \(amount.unit)"
      : "\(shown(amount.count)) \(amount.unit), \(shown(amount.count / time.wall))/s"
  }
  let seconds = "\(shownTime(time.wall)) wall, \(shownTime(time.processor)) CPU"
  say("\(benchmark.name): \(seconds); \(figures.joined(separator: "; "))")
}

private let known: Set = ["--list", "--prepare-only", "--counts"]
if let unknown = flags.subtracting(known).min() { complain("no option '\(unknown)'") }
if let unknown = names.first(where: { name in !all.contains { $0.name == name } }) {
  complain("no benchmark '\(unknown)' (known: \(all.map(\.name).joined(separator: " ")))")
}
if flags.contains("--list") {
  for benchmark in all { print(benchmark.name + (benchmark.isLong ? " (when named)" : "")) }
  exit(0)
}
for benchmark in all where names.isEmpty ? !benchmark.isLong : names.contains(benchmark.name) {
  do {
    try measure(benchmark)
  } catch let skipped as Skipped {
    say("\(benchmark.name): skipped: \(skipped.reason)")
  } catch let refusal as Refusal {
    complain("\(benchmark.name): \(refusal.diagnostics.map { "\($0)" }.joined(separator: "; "))")
  } catch {
    complain("\(benchmark.name): \(error)")
  }
}
