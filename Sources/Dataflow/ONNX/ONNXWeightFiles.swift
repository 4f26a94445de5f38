import Files
import Foundation

/// The files that hold a model's elements: the model itself, and the files beside it that it names.
struct ONNXWeightFiles {
  /// Why a file is not used.
  enum Fault: Error {
    /// It is not there: only who asks for values minds.
    case missing(Refusal)
    case refused(Refusal)
  }

  let model: MappedFile
  /// The folder of the model; nil for a model in memory, which has none.
  let folder: String?
  private var opened: [String: MappedFile] = [:]

  init(_ model: MappedFile, folder: String?) {
    self.model = model
    self.folder = folder
  }

  /// The file at `location`, a path inside the model's folder.
  mutating func external(_ location: String, _ place: Place) -> Result<MappedFile, Fault> {
    if let known = opened[location] { return .success(known) }
    let found = open(location, place)
    // A refusal names its own tensor.
    if case .success(let file) = found { opened[location] = file }
    return found
  }

  private func open(_ location: String, _ place: Place) -> Result<MappedFile, Fault> {
    guard let folder else {
      return .failure(.missing(Refusal("the model has no folder to look for its data in", at: place, value: location)))
    }
    guard let root = realpath(folder, nil) else {
      return .failure(.missing(Refusal("the model's folder is not there", at: place, value: folder)))
    }
    defer { free(root) }
    let path = String(cString: root) + "/" + location
    guard let target = realpath(path, nil) else {
      return .failure(
        .missing(
          Refusal(
            "the file with the external data is not there", at: place, value: location,
            expected: "a file beside the model")))
    }
    defer { free(target) }
    let inside = String(cString: root) == "/" ? "/" : String(cString: root) + "/"
    // A link may lead to another place inside the folder, not out of it.
    guard String(cString: target).hasPrefix(inside) else {
      return .failure(
        .refused(
          Refusal(
            "the external data lies outside the model's folder", at: place, value: location,
            expected: "no link that leads out of it")))
    }
    do {
      return .success(try MappedFile(path: String(cString: target), displayName: location))
    } catch {
      let why = error.diagnostics.first?.message ?? "cannot be read"
      return .failure(.refused(Refusal("the file with the external data \(why)", at: place, value: location)))
    }
  }
}
