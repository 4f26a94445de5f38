import Files
import Foundation
import Testing

/// Files that numpy and safetensors wrote; the values are what Python prints for them.
@Suite struct TensorFixtureTests {
  static func path(_ name: String) throws -> String {
    try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures/Tensors/\(name)").path
  }

  private func tensors(_ name: String) throws -> [String: StoredTensor] {
    var d = Diagnostics()
    let tensors = TensorFile.read(path: try Self.path(name), displayName: name, into: &d)
    try d.throwIfErrors()
    return Dictionary(uniqueKeysWithValues: try #require(tensors).map { ($0.name, $0) })
  }

  private func bits(_ tensor: StoredTensor?) -> [UInt32] { tensor?.floats().map(\.bitPattern) ?? [] }

  @Test func recordedActivations() throws {
    let tensors = try tensors("tiny_bert_torchscript.io.npz")
    #expect(tensors.keys.sorted() == ["in:input_ids", "out:out"])
    let ids = try #require(tensors["in:input_ids"])
    #expect(ids.element == .int64 && ids.shape == [1, 32] && ids.count == 32)
    #expect((0..<6).map { ids.integer(at: $0) } == [143, 112, 91, 61, 13, 103])
    #expect((0..<32).reduce(0) { $0 + (ids.integer(at: $1) ?? 0) } == 4048)
    let out = try #require(tensors["out:out"])
    #expect(out.element == .float32 && out.shape == [1, 32, 64] && !out.isMapped)
    #expect(bits(out).prefix(3) == [0xbf98_8c7a, 0xbf43_6476, 0x3cb3_6ac1])
    #expect(
      ids.withBytes { SHA256.hex(of: Array($0)) } == "98946766173ec53058630591f021e6fd709af45bb3435f9ecb4721fbb1c20e7f")
    #expect(
      out.withBytes { SHA256.hex(of: Array($0)) } == "175ad1a55cc5a7cc4d215f38dddf654aaf2f5b54b4c1b75a2dc9f84619d826d8")
  }

  private static let float64AsFloat32: [UInt32] = [
    0x3f9d_75aa, 0x4395_5f6e, 0xc389_11a5, 0xc45e_a5e1, 0xc3e3_55dc, 0xc477_e961, 0x4270_930d, 0x44a7_86e3,
    0xc3f6_1a6f, 0xc41b_1e65, 0x43f4_ebc8, 0x43b2_7189, 0x42d2_d418, 0xc468_9df4, 0xc1ea_03bb,
  ]
  private static let float32: [UInt32] = [
    0x442d_d368, 0xc4a8_06de, 0xc3e4_ced1, 0xc4ed_a721, 0xc4a1_3135, 0xc4e6_3785, 0xc36b_1754, 0xc49e_6e4a,
    0x4387_a1d7, 0x431c_c047, 0xc33a_ee52, 0xc51d_4c28, 0xc406_ac58, 0xc242_00f8, 0x42e2_9e33,
  ]
  private static let float16AsFloat32: [UInt32] = [
    0x7f80_0000, 0xff80_0000, 0x7fc0_0000, 0x3380_0000, 0x8000_0000, 0x477f_e000, 0xc202_2000, 0x445d_2000,
    0xc411_e000, 0xc2df_6000, 0x42dc_e000, 0x427f_2000, 0xc499_2000, 0x4298_4000, 0x44a9_e000,
  ]
  private static let integers: [String: [Int64?]] = [
    "i1": [-128, 127, 0, 1, 42, 42], "i2": [-32768, 32767, 0, 1, 42, 10922],
    "i4": [-2_147_483_648, 2_147_483_647, 0, 1, 42, 715_827_882],
    "i8": [.min, .max, 0, 1, 42, 3_074_457_345_618_258_602],
    "u1": [0, 255, 0, 1, 42, 85], "u2": [0, 65535, 0, 1, 42, 21845], "u4": [0, 4_294_967_295, 0, 1, 42, 1_431_655_765],
    "u8": [0, nil, 0, 1, 42, 6_148_914_691_236_517_205],
  ]

  @Test(arguments: ["numpy-types.npz", "types.safetensors"]) func everyElementType(_ file: String) throws {
    let tensors = try tensors(file)
    #expect(bits(tensors["f8"]) == Self.float64AsFloat32)
    #expect(tensors["f8"]?.double(at: 0) == 1.2301533574825743)
    #expect(bits(tensors["f4"]) == Self.float32)
    #expect(bits(tensors["f2"]) == Self.float16AsFloat32)
    for (name, values) in Self.integers {
      let tensor = try #require(tensors[name])
      #expect(tensor.shape == [2, 3])
      #expect((0..<6).map { tensor.integer(at: $0) } == values, "\(name)")
      #expect(tensor.floats() == (0..<6).map { tensor.float(at: $0) })
      #expect(tensor.float(at: 4) == 42 && tensor.double(at: 4) == 42)
    }
    #expect(tensors["u8"]?.float(at: 1) == 0x1p64 && tensors["i8"]?.float(at: 0) == -0x1p63)
    #expect(tensors["b1"]?.floats() == [1, 0, 1])
    #expect(tensors["scalar"]?.shape == [] && tensors["scalar"]?.floats() == [2.5])
    #expect(tensors["empty"]?.shape == [0, 4] && tensors["empty"]?.floats() == [])
    for tensor in tensors.values {
      let singly = (0..<tensor.count).map { tensor.float(at: $0).bitPattern }
      #expect(singly == bits(tensor), "\(tensor.name)")
    }
  }

  @Test func fortranOrderIsPutRight() throws {
    let tensor = try #require(try tensors("numpy-types.npz")["fortran"])
    #expect(tensor.shape == [2, 3, 4])
    #expect(tensor.floats() == (0..<24).map(Float.init))
  }

  @Test func brainFloatsAndMappedTensors() throws {
    let tensors = try tensors("types.safetensors")
    #expect(tensors["bf16"]?.element == .bfloat16)
    // 1e38 rounds to the bfloat16 number 0x7e96.
    #expect(bits(tensors["bf16"]) == [0x3f80_0000, 0xc020_0000, 0x4049_0000, 0x7e96_0000])
    #expect(tensors.values.allSatisfy { $0.isMapped })
  }

  @Test func versionsOfNPY() throws {
    let second = try #require(try tensors("version2.npy")["version2"])
    #expect(second.shape == [3, 2] && second.floats() == [0, 1, 2, 3, 4, 5] && second.isMapped)
    let third = try #require(try tensors("version3.npy")["version3"])
    #expect(third.shape == [5] && third.floats(1..<4) == [0.125, 0.25, 0.375])
  }
}
