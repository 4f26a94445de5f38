import Dataflow
import Files
import Report

/// The commands of a run's memories in the form that `accsim dram check` reads.
enum CommandTraceCSV {
  /// One trace per memory: all channels merged, by cycle and then channel.
  ///
  /// - Throws: when the run issued more commands than it was asked to keep.
  static func text(_ memory: MemoryActivity, unit: String) throws(Refusal) -> String {
    guard memory.unloggedCommands == 0 else {
      throw Refusal(
        "the run issues more commands than a trace may hold", at: Place(file: "run", detail: "unit '\(unit)'"),
        value: "\(memory.unloggedCommands) too many", suggestion: "a shorter prompt, fewer generated tokens")
    }
    var out = "cycle,command,channel," + memory.levels.joined(separator: ",") + ",row,column\n"
    // Within a channel commands are in order already; a stable sort keeps it.
    let order = memory.log.indices.sorted {
      (memory.log[$0].cycle, memory.log[$0].channel, $0) < (memory.log[$1].cycle, memory.log[$1].channel, $1)
    }
    for index in order {
      let entry = memory.log[index]
      out += "\(entry.cycle),\(memory.commands[entry.command].event),\(entry.channel),"
      for level in memory.levels.indices { out += "\(entry.path[level + 1])," }
      out += "\(entry.row),\(entry.column)\n"
    }
    return out
  }
}
