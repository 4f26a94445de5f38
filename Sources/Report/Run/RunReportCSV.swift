import Dataflow

/// The operators of a run as comma-separated values, one line per operator and phase.
public enum RunReportCSV {
  public static func text(_ run: PricedRun) -> String {
    var result = "design,model,phase,operator,kind,unit,cycles,lower_bound_cycles,energy_j,macs,bytes\n"
    for (index, row) in run.record.program.rows.enumerated() {
      let cells = [
        run.record.design, run.record.model, row.phase.name, row.name, row.kind,
        run.record.units[row.unit.rawValue].name, String(run.rowCycles[index]),
        run.lowerBounds[index].map(String.init) ?? "", run.rows[index].joules.map { "\($0.double)" } ?? "",
        String(row.macs), String(row.bytes),
      ]
      result += cells.map(quoted).joined(separator: ",") + "\n"
    }
    return result
  }

  /// RFC 4180: quotes where a cell holds a comma, a quote or a line break.
  public static func quoted(_ cell: String) -> String {
    guard cell.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return cell }
    return "\"" + cell.replacing("\"", with: "\"\"") + "\""
  }
}
